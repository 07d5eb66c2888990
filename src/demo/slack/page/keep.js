const drawnIn = new WeakMap();

/**
 * Draws a list into a box, at its end if the reader was there. What did not change stays the same node, and what did
 * takes its old node's place, so that no press, selection or scroll position in the rest is lost.
 */
export function keepIn(box, items, draw, otherwise = []) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const open = box.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : undefined;
  const before = drawnIn.get(box) ?? new Map();
  const now = new Map(
    items.map((item) => {
      const content = JSON.stringify(item);
      return [content, before.get(content) ?? draw(item)];
    }),
  );
  drawnIn.set(box, now);
  const nodes = now.size > 0 ? [...now.values()] : otherwise;
  for (const child of [...box.children]) {
    if (nodes.includes(child)) continue;
    const fresh = nodes.find((node) => node.dataset.ts === child.dataset.ts && !node.isConnected);
    if (fresh) child.replaceWith(fresh);
    else child.remove();
  }
  nodes.forEach((node, index) => {
    if (box.children[index] !== node) box.insertBefore(node, box.children[index] ?? null);
  });
  if (atEnd) box.scrollTop = box.scrollHeight;
  if (open && document.activeElement === document.body)
    box.querySelector(`[data-key="${CSS.escape(open)}"]`)?.focus({ preventScroll: true });
}

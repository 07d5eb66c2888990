/* What somebody changed on open access in the cloud, behind our back. Why it ends nothing: docs/decisions/0020. */

/** The parts of an access that are compared with its plan. */
export const ALTERED_PARTS = [
  /** Who may enter. */
  'entry',
  /** The ceiling on what it may do, whatever its permissions say. */
  'ceiling',
  /** How long one session may last. */
  'sessions',
  /** What it says of itself. */
  'labels',
  /** The end that the cloud enforces by itself. */
  'end',
  /** It was ended, not by us. */
  'ended',
  /** What it allows: a permission of the plan that is missing or differs, or one that is not of the plan. */
  'permissions',
  /** The content of a definition that it only refers to. */
  'definition',
] as const;
export type AlteredPart = (typeof ALTERED_PARTS)[number];

/** One difference: the part, and where a part has several, which of them. */
export type Alteration = {
  readonly part: AlteredPart;
  /** What the cloud calls it, where there may be several. */
  readonly name?: string | undefined;
};

/** So many are kept of one grant, and told: whoever makes more has been told of. */
export const ALTERATIONS_MAX = 20;

/** Is it the same difference, whenever it was found? */
export const isSameAlteration = (one: Alteration, other: Alteration): boolean =>
  one.part === other.part && one.name === other.name;

/** Those that are not among the known ones, up to the bound. */
export const newAlterations = (
  known: readonly Alteration[] = [],
  found: readonly Alteration[] = [],
): readonly Alteration[] =>
  found
    .filter((one) => !known.some((other) => isSameAlteration(one, other)))
    .slice(0, Math.max(0, ALTERATIONS_MAX - known.length));

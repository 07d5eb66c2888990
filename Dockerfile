# One image for every role; `docker-compose.yml` shows how they fit together.
FROM node:22.21-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json ./

# Everything, to generate the database client and to compile. Scripts wait until the sources are there.
FROM base AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run generate && npm run build

# What runs. The optional packages are Prisma's command line and native speed-ups, neither of which is needed.
FROM base AS packages
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM base
ENV NODE_ENV=production
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# `breakglass migrate` applies these, `breakglass manifests aws` fills those in.
COPY prisma ./prisma
COPY manifests ./manifests
USER node
EXPOSE 3000
ENTRYPOINT ["node", "dist/cli/breakglass.js"]
CMD ["start"]

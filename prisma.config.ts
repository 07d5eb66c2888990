import { defineConfig } from 'prisma/config';

/** Where Prisma's command line finds things. The address is for `prisma migrate deploy` and `prisma studio` only. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(process.env.DATABASE_OWNER_URL === undefined ? {} : { datasource: { url: process.env.DATABASE_OWNER_URL } }),
});

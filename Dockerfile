# The bot in the distributed or the embedded shape; no build step, the sources run as they are.
FROM node:24-bookworm-slim
# Fewer arenas for glibc, and below a small young generation and a ceiling for V8, which lets the more garbage pile up the higher
# its ceiling is (4 GB by default): a storm stays below 350 MB (bench/storm.ts). The threads that take in and analyse spans have
# ceilings of their own; the main one reads the largest entry that it takes from a backend, of 128 MB, below this one.
ENV NODE_ENV=production HOST=0.0.0.0 CAUSEWAY_DATA=/data MALLOC_ARENA_MAX=2
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY manifest.yml LICENSE ./
COPY templates templates
COPY src src
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000 4318
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT ?? 3000) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, not npm: signals reach the bot, so it drains when it is stopped.
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=1024", "src/causeway.mjs", "start"]

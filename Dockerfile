# The gateway and its CLI, on a PostgreSQL and an event store of your own: the embedded PostgreSQL is left out.
#   docker build --tag metamcp .

FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS build
# Compiling needs no package's install script, and so none gets to run as root.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY cli cli
RUN npm run build

FROM base
# As process 1, tini passes signals on and reaps what programs of stdio servers leave behind.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
RUN --mount=type=cache,target=/root/.npm \
  npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY README.md LICENSE ./
COPY migrations migrations
COPY bin bin
COPY --from=build /app/dist dist
RUN ln -s metamcp.cjs bin/metamcp && ln -s metamcp-cli.cjs bin/metamcp-cli
ENV PATH=/app/bin:$PATH
# Inside a container, loopback reaches nobody. What is published, and to whom, is the container's port mapping.
ENV SERVER_HOST=0.0.0.0
# There are no metrics without METRICS_PORT.
ENV METRICS_HOST=0.0.0.0

# Nothing below /app is theirs to change.
USER node
EXPOSE 12009
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "--eval", "import('node:' + (process.env.TLS_CERT_FILE ? 'https' : 'http')).then(({ get }) => get({ host: '127.0.0.1', port: process.env.SERVER_PORT || 12009, path: '/health/live', rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1)))"]
ENTRYPOINT ["tini", "--"]
CMD ["metamcp"]

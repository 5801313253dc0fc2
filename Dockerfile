# One image for all programs: dist/bin/api.js, dispatcher.js, simulator.js, tocsin.js.
FROM node:20-slim AS build
WORKDIR /tocsin
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY src ./src
RUN npm run --silent build

FROM node:20-slim AS packages
WORKDIR /tocsin
COPY package.json package-lock.json ./
# No package runs a program of its own at installation; the list of what is in goes into the image.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
 && npm sbom --sbom-format cyclonedx --omit dev > sbom.json

FROM node:20-slim
ENV NODE_ENV=production
# Nothing that installs or builds stays.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn /usr/local/bin/yarnpkg /usr/local/include
WORKDIR /tocsin
# The only folder that is ever written; everything else may be mounted read-only.
RUN mkdir data && chown node:node data
COPY package.json ./
COPY --from=packages /tocsin/sbom.json ./
COPY --from=packages /tocsin/node_modules ./node_modules
COPY --from=build /tocsin/dist ./dist
COPY templates ./templates
COPY config ./config
USER node
VOLUME /tocsin/data
# Of the API; docker-compose.yml has those of the other programs.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["node", "-e", \
  "fetch(`http://127.0.0.1:${process.env.TOCSIN_HTTP_PORT || 8080}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["dist/bin/api.js"]

# One image for all programs: dist/bin/api.js, dispatcher.js, simulator.js, tocsin.js.
FROM node:20-slim AS build
WORKDIR /tocsin
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY src ./src
RUN npm run --silent build

FROM node:20-slim AS packages
WORKDIR /tocsin
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /tocsin
# The only folder that is ever written; everything else may be mounted read-only.
RUN mkdir data && chown node:node data
COPY package.json ./
COPY --from=packages /tocsin/node_modules ./node_modules
COPY --from=build /tocsin/dist ./dist
COPY templates ./templates
COPY config ./config
USER node
VOLUME /tocsin/data
ENTRYPOINT ["node"]
CMD ["dist/bin/api.js"]

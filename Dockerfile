# Two stages: what builds stays behind. The image runs `headwater` as a user without rights, on files that it can't write.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY rolldown.config.ts tsconfig.base.json ./
COPY apps apps
COPY libs libs
RUN npx rolldown -c && npm prune --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# Volumes take over whose their folders are.
RUN mkdir /data /secrets && chown node:node /data /secrets
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
COPY docker docker
COPY docs docs
COPY graphql graphql
COPY LICENSE ./
USER node
ENV HEADWATER_DATA=/data
VOLUME /data
EXPOSE 4600
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "/app/docker/healthy.mjs"]
CMD ["node", "/app/bin/headwater.mjs", "serve"]

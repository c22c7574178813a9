# The image of nlpflow's tasks: Node.js, the bundled command line and its add-on. scripts/image builds it.

# Other sources of the same two, such as a registry of your own; a build image that brings Rust needs no rustup.
ARG NODE=docker.io/library/node:24-bookworm-slim
ARG DEBIAN=docker.io/library/debian:bookworm-slim

FROM ${NODE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# What compiles is not in the image, so its versions may be those of the day.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl g++ git && rm -rf /var/lib/apt/lists/*
ENV PATH=/root/.cargo/bin:$PATH CARGO_TARGET_DIR=/target
WORKDIR /build
# rust-toolchain.toml chooses the version.
COPY rust-toolchain.toml ./
RUN if ! command -v cargo; then curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none; fi \
  && cargo --version
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --loglevel=error
COPY Cargo.toml Cargo.lock ./
COPY crates crates
RUN mkdir -p ts/native && npm run --silent build:native -- --output-dir ts/native
COPY scripts/bundle.mjs scripts/
COPY ts/src ts/src
RUN node scripts/bundle.mjs && rm -f ts/dist/*.map ts/native/*.ts

# Debian with the one program of Node.js: no layer holds npm, a compiler or anything that was built from.
FROM ${DEBIAN}
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libgomp1 libstdc++6 libatomic1 && rm -rf /var/lib/apt/lists/* \
  && rm -rf /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/package.json /opt/nlpflow/package.json
COPY --from=build /build/ts/dist /opt/nlpflow/ts/dist
COPY --from=build /build/ts/native /opt/nlpflow/ts/native
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="nlpflow" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.revision="$COMMIT"
# Copies of what the store holds lie here; nothing else is written.
ENV NODE_ENV=production NLPFLOW_CACHE=/tmp/nlpflow
USER 1000:1000
WORKDIR /tmp
# Node.js itself gets SIGTERM, and the worker stops its task cleanly.
ENTRYPOINT ["node", "/opt/nlpflow/ts/dist/main.js", "worker"]

# The operator's image: one binary, the Debian libraries that ldd names, the public certificate authorities (for metrics sources), nothing else.
FROM debian:bookworm-slim AS build
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates g++ cmake ninja-build ccache mold libcpprest-dev libyaml-cpp-dev libssl-dev libspdlog-dev libfmt-dev libsimdjson-dev libexpected-dev \
      libcli11-dev libboost-dev libboost-system-dev prometheus-cpp-dev libre2-dev libboost-random-dev libboost-thread-dev libboost-filesystem-dev \
      libboost-chrono-dev libboost-atomic-dev libboost-date-time-dev libboost-regex-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY operator operator
COPY controllers controllers
RUN --mount=type=cache,target=/root/.cache/ccache \
    CCACHE_DIR=/root/.cache/ccache cmake --preset release && CCACHE_DIR=/root/.cache/ccache ninja -C build/release millrace
RUN mkdir -p /image/usr/bin /image/usr/lib/ssl /image/tmp && cp -L /etc/ssl/certs/ca-certificates.crt /image/usr/lib/ssl/cert.pem && strip -o /image/usr/bin/millrace build/release/millrace \
    && ldd build/release/millrace | awk '/=> \//{print $3} /^\t\/lib64/{print $1}' | sort -u | while read -r library; do \
         mkdir -p "/image$(dirname "$library")" && cp -L "$library" "/image$library"; done

FROM scratch
COPY --from=build /image /
USER 65532:65532
ENTRYPOINT ["/usr/bin/millrace"]
CMD ["run"]

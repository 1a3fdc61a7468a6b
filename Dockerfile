# The operator as one static program in an empty image: no shell, no package manager, not root.
#
#   docker build --tag firebreak:dev .
#
# One build per platform (docker buildx build --platform linux/amd64,linux/arm64 ...): Alpine's Rust links statically
# against musl by itself.
# By digest, of the index of all platforms: a tag can be moved. The tag is for the reader, and the digest decides.
ARG RUST=1.95.0-alpine3.22@sha256:064dfc925d68d1a63f4fd2871bd7dc6e6ea56692989a487185855d62885d90aa

FROM docker.io/library/rust:${RUST} AS build
# AWS-LC, behind rustls, is C and assembly with bindings made beforehand: a C compiler and the kernel's headers are all it needs.
RUN apk add --no-cache build-base ca-certificates linux-headers
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package firebreak-controller --bin firebreak-controller \
 && ! readelf --program-headers target/release/firebreak-controller | grep -q INTERP

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="firebreak" \
      org.opencontainers.image.description="Declared, approved and reversible incident response on AWS" \
      org.opencontainers.image.source="https://github.com/firebreak-dev/firebreak" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Whom AWS's endpoints are signed by; the cluster's own authority comes with the service account.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/firebreak-controller /firebreak-controller
COPY LICENSE /LICENSE
# By number: the kubelet can only tell that a number is not root.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/firebreak-controller"]
CMD ["--help"]

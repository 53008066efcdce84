# The image of every taxdesk process; the command says which (compose.yaml).
# A release passes the base by digest, so that it can be built again bit for bit as far as the base goes:
#   docker build --build-arg PYTHON_IMAGE=python@sha256:… --build-arg COMMIT="$(git rev-parse HEAD)" .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /opt/taxdesk
RUN python -m venv .venv
COPY requirements.lock ./
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY app ./app
COPY forms ./forms
COPY tax_rules ./tax_rules
COPY templates ./templates
COPY migrations ./migrations
ARG COMMIT=unknown
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --no-index -e . \
    && .venv/bin/python -m compileall -q app forms tax_rules \
    && .venv/bin/pip uninstall -q -y setuptools pip \
    && printf '%s\n' "$COMMIT" > COMMIT

FROM ${PYTHON_IMAGE}
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="taxdesk" \
      org.opencontainers.image.description="Tax and compliance documents for the payment team of a merchant of record" \
      org.opencontainers.image.revision="${COMMIT}"
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /nonexistent taxdesk \
    && install -d -o taxdesk -g taxdesk -m 0750 /var/lib/taxdesk
COPY --from=build /opt/taxdesk /opt/taxdesk
WORKDIR /opt/taxdesk
# Everything that is written goes to the data directory or to /tmp; the root may be mounted read-only.
ENV PATH=/opt/taxdesk/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    TAXDESK_ENV=production \
    TAXDESK_DATA_DIR=/var/lib/taxdesk \
    TAXDESK_HOST=0.0.0.0 \
    TAXDESK_PORT=8000
VOLUME /var/lib/taxdesk
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["tini", "--", "taxdesk"]
CMD ["serve", "--workers", "2"]

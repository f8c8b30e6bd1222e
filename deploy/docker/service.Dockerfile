# One image a service: `--build-arg SERVICE=alliance_api` or `notifier`. It holds that service, the chassis and what
# they need at run time, and a bill of materials. No compiler, no package client, no test, and not the other service.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
ARG SERVICE
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv --without-pip /venv
COPY deploy/docker/requirements.txt /build/
RUN python -m pip --python /venv/bin/python install --quiet --require-hashes --only-binary :all: -r /build/requirements.txt
COPY services/chassis /venv/app/chassis
COPY services/${SERVICE} /venv/app/${SERVICE}
COPY pyproject.toml LICENSE deploy/docker/sbom.py deploy/docker/installed.py /build/
RUN /venv/bin/python /build/installed.py /build/pyproject.toml \
 && /venv/bin/python /build/sbom.py ${SERVICE} > /venv/sbom.cdx.json \
 && find /venv -name tests -type d -prune -exec rm -rf {} + \
 && /venv/bin/python -m compileall -q /venv

FROM ${PYTHON_IMAGE}
ARG SERVICE
LABEL org.opencontainers.image.title=${SERVICE} org.opencontainers.image.licenses=Apache-2.0
# Nothing can be installed into it, and no secret folder is missing when a volume is mounted over it.
RUN pip_home=$(python -c 'import pip; print(*pip.__path__)') && rm -rf "$pip_home" /usr/local/bin/pip* \
 && for folder in postgres migrate api notifier operator; do \
      install -d -o 65532 -g 65532 -m 0755 /run/secrets/alliance/$folder; done
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONPATH=/venv/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SERVICE=${SERVICE}
USER 65532:65532
WORKDIR /tmp
STOPSIGNAL SIGTERM
EXPOSE 8000
ENTRYPOINT ["python", "-m"]
CMD ["alliance_api", "serve", "--host", "0.0.0.0"]

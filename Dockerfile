# One image for every process of Sealed Book; docker-compose.yml says which one runs.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# For the book's kernel alone, which the installation compiles; the image itself has no compiler.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
# The environment has no installer of its own; the image's pip fills it from outside.
RUN python -m venv --without-pip /opt/sealedbook
COPY requirements.lock ./
# Wheels only: of these nothing is compiled, and no package's own script runs.
RUN python -m pip --python /opt/sealedbook/bin/python install \
        --require-hashes --only-binary=:all: -r requirements.lock
COPY . .
RUN python -m pip --python /opt/sealedbook/bin/python install --no-deps --no-build-isolation . \
    && python -m pip --python /opt/sealedbook/bin/python uninstall --yes hatchling editables

FROM ${PYTHON_IMAGE}
RUN python -m pip uninstall --yes pip setuptools wheel || true
RUN groupadd --gid 10001 sealedbook \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sealedbook \
    && useradd --uid 10002 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sealedbook-vault \
    # Fresh volumes take over owner and mode of the folder that they are mounted on.
    && install -d -o 10001 -g 10001 -m 0700 /data /objects /mail \
        /credentials /credentials/api /credentials/worker /credentials/operator \
    && install -d -o 10002 -g 10001 -m 0700 /keys \
    && install -d -o 10002 -g 10001 -m 0750 /run/sealedbook
COPY --from=build /opt/sealedbook /opt/sealedbook
ENV PATH=/opt/sealedbook/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SEALEDBOOK_DATA=/data
WORKDIR /data
USER 10001:10001
CMD ["sealedbook", "--help"]

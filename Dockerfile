# The image of worker, serve and set-up: the wheel and what requirements.lock pins, without the development tools.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /tools \
    && /tools/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY fulfillment fulfillment
COPY workflows workflows
COPY activities activities
# The lock is given as constraints: only what the wheel asks for, at the locked versions and hashes.
RUN /tools/bin/hatchling build -t wheel -d /dist \
    && python -m venv --without-pip /opt/fulfillment \
    && /tools/bin/uv pip install --no-cache --python /opt/fulfillment/bin/python \
        --constraint requirements.lock --verify-hashes --compile-bytecode /dist/*.whl

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/fulfillment --create-home fulfillment
COPY --from=build /opt/fulfillment /opt/fulfillment
COPY worker.py starter.py /app/
ENV PATH=/opt/fulfillment/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
USER fulfillment
VOLUME /var/lib/fulfillment
# How health is seen differs: docker-compose.yml says it of serve, and a worker has no port to ask.
HEALTHCHECK NONE
CMD ["python", "worker.py"]

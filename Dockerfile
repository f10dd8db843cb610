FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# pg_dump and pg_restore for `manage.py backup` and `restore`; not older than the server of docker-compose.yml.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*

COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . .
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin sidetrack \
    && install -d -o sidetrack -g sidetrack -m 0700 /data \
    && install -d -o sidetrack -g sidetrack /app/collected

# Keys, uploads and (without DATABASE_URL) the database live in /data; static files are part of the image.
ENV SIDETRACK_DATA=/data STATIC_ROOT=/app/collected
USER sidetrack
RUN SIDETRACK_DATA=/tmp/build python -m sidetrack.collecting && rm -rf /tmp/build

VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-m", "sidetrack.probe", "127.0.0.1:8000"]
CMD ["python", "manage.py", "up", "--bind", "0.0.0.0:8000"]

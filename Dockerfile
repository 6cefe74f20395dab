# docker build -t gemma-garage .
# docker run -p 7860:7860 -e GEMMA_GARAGE_PASSWORD=… -v garage:/data --stop-timeout 30 gemma-garage
#
# With an NVIDIA GPU: --build-arg EXTRAS=starter,gpu, and `docker run --gpus all …`.
# Small, without CUDA: --build-arg PIP_EXTRA_INDEX_URL=… with the address of PyTorch's CPU wheels.
FROM python:3.12-slim

ARG EXTRAS=starter
ARG PIP_EXTRA_INDEX_URL=

# Triton, which Unsloth uses, compiles its kernels when they first run.
RUN case ",$EXTRAS," in *,gpu,*) \
      apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev \
      && rm -rf /var/lib/apt/lists/* ;; \
    esac

WORKDIR /app
# torch first and alone: the largest part stays in the build cache when the code changes.
COPY constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt torch
COPY pyproject.toml README.md LICENSE ./
COPY gemma_garage ./gemma_garage
RUN pip install --no-cache-dir -c constraints.txt ".[$EXTRAS]" && rm -r /app/*

RUN useradd --create-home --uid 1000 garage && install -d -o garage -g garage /data
USER garage
WORKDIR /home/garage
VOLUME /data

# Without GEMMA_GARAGE_PASSWORD it does not start on an address that others can reach.
ENV GEMMA_GARAGE_HOME=/data \
    GEMMA_GARAGE_HOST=0.0.0.0 \
    GEMMA_GARAGE_PORT=7860 \
    PYTHONUNBUFFERED=1
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
  "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"GEMMA_GARAGE_PORT\"]}/healthz', timeout=4)"]
CMD ["gemma-garage", "serve"]

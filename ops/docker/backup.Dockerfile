# `freshbytes backup` and `restore` beside PostgreSQL's own programs, in the version of the server that they back up.
ARG NODE_IMAGE=freshbytes
ARG POSTGRES_IMAGE=postgres:18.4-trixie

FROM ${NODE_IMAGE} AS freshbytes

FROM ${POSTGRES_IMAGE} AS backup
ENV NODE_ENV=production \
    DATA_DIR=/tmp
COPY --from=freshbytes /usr/local/bin/node /usr/local/bin/node
COPY --from=freshbytes /app /app
RUN ["install", "--directory", "--owner=999", "--group=999", "/backup"]
WORKDIR /app
USER 999:999
VOLUME ["/backup"]
ENTRYPOINT ["node", "bin/freshbytes.js"]
CMD ["backup"]

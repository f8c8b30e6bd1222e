# PostgreSQL as it is published, run by its own user from the beginning, with its passwords in files.
ARG POSTGRES_IMAGE=postgres:18
FROM ${POSTGRES_IMAGE}
COPY deploy/postgres/entry.sh /usr/local/bin/alliance-entry.sh
COPY deploy/postgres/databases.sh /docker-entrypoint-initdb.d/10-databases.sh
RUN chmod 0755 /usr/local/bin/alliance-entry.sh /docker-entrypoint-initdb.d/10-databases.sh \
 && install -d -o postgres -m 0700 /var/lib/postgresql /var/lib/postgresql/18 \
 && install -d -o postgres -m 1777 /var/run/postgresql
USER postgres
ENV PGDATA=/var/lib/postgresql/18/data
STOPSIGNAL SIGINT
ENTRYPOINT ["alliance-entry.sh"]
CMD ["postgres"]

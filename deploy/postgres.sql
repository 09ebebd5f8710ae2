-- Run once by the postgres image on an empty volume, as its superuser: two roles and a database.
-- `sealedbook_owner` owns the database and its tables, and signs in to migrate. `sealedbook` is whom
-- the house signs in as; migrating gives it what it needs, and no way to write the ledger but at its
-- end (runtime/roles.py). Neither is anything more; text sorts by its bytes.
\set ON_ERROR_STOP on
\set password `cat "${SEALEDBOOK_PASSWORD_FILE:-/run/secrets/database_password}"`
\set owner_password `cat "${SEALEDBOOK_OWNER_PASSWORD_FILE:-/run/secrets/owner_password}"`
CREATE ROLE sealedbook_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'owner_password';
CREATE ROLE sealedbook LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE sealedbook OWNER sealedbook_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE ALL ON DATABASE sealedbook FROM PUBLIC;
GRANT CONNECT ON DATABASE sealedbook TO sealedbook;

-- Run once by the postgres image on an empty volume, as its superuser: the house's own role and
-- database. The role owns its tables and is nothing more; text sorts by its bytes.
\set ON_ERROR_STOP on
\set password `cat "${SEALEDBOOK_PASSWORD_FILE:-/run/secrets/database_password}"`
CREATE ROLE sealedbook LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE sealedbook OWNER sealedbook TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE ALL ON DATABASE sealedbook FROM PUBLIC;

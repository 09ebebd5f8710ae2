"""Extracts that lie elsewhere, on real servers: a bucket, a database; and files that are sealed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyrage
import pytest
from pyarrow import parquet

from snapshot.age_source import AgeError, AgeSource, is_age
from snapshot.bucket_source import BucketError, BucketSource
from snapshot.findings import FindingCode
from snapshot.query_source import QueryError, QuerySource
from snapshot.report import ExtractRefusedError
from snapshot.sources import FileSource, Source
from tests.buckets import PLAIN, BucketServer, a_bucket_server
from tests.postgres import PrivatePostgres, postgres_programs, start_postgres
from tests.snapshot.extracts import CATALOGUE, DATA, NAMES, data_rows
from tests.snapshot.fakes import Room

GOOD = DATA.read_bytes()


def _digest_of(room: Room, source: Source | Path) -> tuple[int, str]:
    report = room.bring_in(source).report
    return report.rows, report.sha256


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """Run an S3 server that has the extract as CSV and as Parquet."""
    with a_bucket_server(tmp_path_factory.mktemp("bucket")) as server:
        server.client.put_object(Bucket=PLAIN, Key="week/extract.csv", Body=GOOD)
        texts = {name: [row[name] for row in data_rows()] for name in NAMES}
        sink = pa.BufferOutputStream()
        parquet.write_table(pa.table(texts), sink)
        server.client.put_object(Bucket=PLAIN, Key="extract.parquet", Body=sink.getvalue().to_pybytes())
        yield server


@pytest.fixture
def in_bucket(bucket: BucketServer, monkeypatch: pytest.MonkeyPatch) -> BucketServer:
    """Let the environment say where the bucket is, as an installation's would."""
    user, secret = bucket.key_file.read_text().splitlines()
    for name, value in (
        ("AWS_ENDPOINT_URL", bucket.url),
        ("AWS_ACCESS_KEY_ID", user),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    return bucket


@pytest.mark.usefixtures("in_bucket")
@pytest.mark.parametrize("key", ["week/extract.csv", "extract.parquet"])
def test_an_extract_is_read_out_of_a_bucket(tmp_path: Path, key: str) -> None:
    """CSV and Parquet are read by ranges, and the report has the object's own name."""
    source = BucketSource.parse(f"s3://{PLAIN}/{key}")
    report = Room(tmp_path).bring_in(source).report
    assert (len(data_rows()), key.rpartition("/")[2]) == (report.rows, report.file)


@pytest.mark.usefixtures("in_bucket")
def test_what_the_bucket_lacks_is_a_plain_error(tmp_path: Path) -> None:
    """A key that isn't there, or a bucket, is an error with the server's code; nothing is left."""
    room = Room(tmp_path)
    for location in (f"s3://{PLAIN}/nothing.csv", "s3://no-such-bucket/extract.csv"):
        with pytest.raises(BucketError, match="the bucket answered"):
            room.bring_in(BucketSource.parse(location))
    assert [] == room.objects.names()


def test_a_replaced_object_is_no_mixture(in_bucket: BucketServer) -> None:
    """An object that is replaced while it is read ends the reading."""
    key = "replaced.csv"
    in_bucket.client.put_object(Bucket=PLAIN, Key=key, Body=b"a" * 20_000_000)
    with BucketSource(PLAIN, key).open() as file:
        file.read(10)
        in_bucket.client.put_object(Bucket=PLAIN, Key=key, Body=b"b" * 20_000_000)
        with pytest.raises(BucketError):
            file.read(20_000_000)


@pytest.mark.parametrize("location", ["s3://bucket", "s3:///key", "https://bucket/key", "extract.csv"])
def test_a_location_is_bucket_and_key(location: str) -> None:
    """Anything but s3://bucket/key is refused."""
    with pytest.raises(ValueError, match="s3://bucket/key"):
        BucketSource.parse(location)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    """Run a PostgreSQL that has the extract's rows in a table of their own types."""
    if postgres_programs() is None:
        pytest.skip("this machine has no PostgreSQL")
    server = start_postgres(_reachable(tmp_path_factory))
    try:
        kinds = {"date": "date", "datetime": "timestamptz", "money": "numeric(9,2)", "int": "integer"}
        kinds["bool"] = "boolean"
        made = ", ".join(f"{each.name} {kinds.get(each.type.value, 'text')}" for each in CATALOGUE.columns)
        server.administer(f"CREATE TABLE book ({made})")
        server.administer("CREATE SEQUENCE counter")
        with (
            psycopg.connect(_url(server), autocommit=True) as line,
            line.cursor() as cursor,
            cursor.copy(f"COPY book ({', '.join(NAMES)}) FROM STDIN (FORMAT csv, HEADER)".encode()) as copy,
        ):
            copy.write(_in_order(GOOD))
        yield server
    finally:
        server.stop()


def _reachable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pg")
    for parent in (folder, *list(folder.parents)[:2]):
        parent.chmod(0o755)
    return folder


def _url(server: PrivatePostgres) -> str:
    return f"host={server.folder} user=postgres dbname=postgres"


def _in_order(data: bytes) -> bytes:
    assert data.startswith(",".join(NAMES).encode())
    return data


def test_a_query_is_an_extract(database: PrivatePostgres, tmp_path: Path) -> None:
    """Typed columns come as the text of an extract, and are the rows that the table has."""
    source = QuerySource(_url(database), "SELECT * FROM book;")
    report = Room(tmp_path).bring_in(source).report
    assert (len(data_rows()), "query") == (report.rows, report.file)


def test_a_query_may_only_read(database: PrivatePostgres, tmp_path: Path) -> None:
    """A query that would write, or is none, is an error with PostgreSQL's code and without its words."""
    room = Room(tmp_path)
    for query, code in (
        ("SELECT nextval('counter')", "25006"),
        ("SELECT * FROM nowhere", "42P01"),
        ("DROP TABLE book", "42601"),
    ):
        with pytest.raises(QueryError, match=code):
            room.bring_in(QuerySource(_url(database), query))
    assert [] == room.objects.names()


def test_a_database_that_isnt_there_is_said_without_its_address(tmp_path: Path) -> None:
    """The address, which may hold a password, is in no message and no representation."""
    source = QuerySource(f"host={tmp_path} password=hidden-words", "SELECT 1")
    with pytest.raises(QueryError) as caught:
        source.open()
    assert "hidden-words" not in f"{caught.value}{source!r}"


@pytest.fixture
def identity(tmp_path: Path) -> tuple[Path, pyrage.x25519.Recipient]:
    """Return an importer's identity file, and what the exchange encrypts to."""
    key = pyrage.x25519.Identity.generate()
    path = tmp_path / "importer.key"
    path.write_text(f"# the importer's key\n{key}\n")
    return path, key.to_public()


def test_a_sealed_extract_is_opened_in_a_stream(
    tmp_path: Path, identity: tuple[Path, pyrage.x25519.Recipient]
) -> None:
    """A file encrypted to the importer's key imports as the file inside, of the same digest."""
    sealed = tmp_path / "extract.csv.age"
    sealed.write_bytes(pyrage.encrypt(GOOD, [identity[1]]))
    source = AgeSource(FileSource(sealed), identity[0])
    assert is_age(FileSource(sealed))
    assert not is_age(FileSource(DATA))
    assert "extract.csv" == source.name
    room = Room(tmp_path)
    assert _digest_of(room, DATA) == _digest_of(room, source)


def test_a_damaged_or_foreign_seal_is_refused(
    tmp_path: Path, identity: tuple[Path, pyrage.x25519.Recipient]
) -> None:
    """A flipped byte at the end, a cut, or another's key: an error, and nothing of it stays."""
    whole = pyrage.encrypt(GOOD, [identity[1]])
    other = pyrage.encrypt(GOOD, [pyrage.x25519.Identity.generate().to_public()])
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    room = Room(tmp_path)
    for data in (flipped, whole[:-100], other):
        sealed = tmp_path / "sealed.age"
        sealed.write_bytes(data)
        with pytest.raises(AgeError, match="can't be decrypted"):
            room.bring_in(AgeSource(FileSource(sealed), identity[0]))
    assert [] == room.objects.names()


def test_a_file_without_an_identity_is_said(tmp_path: Path) -> None:
    """An identity file that holds something else is named."""
    path = tmp_path / "importer.key"
    path.write_text("AGE-SECRET-KEY-1NOTHING\n")
    with pytest.raises(AgeError, match=r"importer\.key"):
        AgeSource(FileSource(DATA), path).open()


def test_a_sealed_parquet_file_has_to_be_opened_first(
    tmp_path: Path, identity: tuple[Path, pyrage.x25519.Recipient]
) -> None:
    """Parquet is read from its end, which a stream hasn't: the finding says what to do."""
    sealed = tmp_path / "extract.parquet.age"
    sealed.write_bytes(pyrage.encrypt(b"PAR1" + bytes(50) + b"PAR1", [identity[1]]))
    with pytest.raises(ExtractRefusedError) as caught:
        Room(tmp_path).bring_in(AgeSource(FileSource(sealed), identity[0]))
    assert [FindingCode.NOT_SEEKABLE] == [each.code for each in caught.value.report.findings]

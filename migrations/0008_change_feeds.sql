-- The gateways' sessions that may trust what they hold in memory. A session holds the advisory lock of its row's id for as
-- long as it stands on the server; a row whose lock is free belongs to a gateway that may not have noticed yet, and which
-- trusts its memory until its lease has run out.
create table change_feeds (
  id integer generated always as identity primary key,
  replica text not null
);

-- A revocation must not need room on a full disk: the first page of withheld_streams and of its index is made now, and kept.
alter table withheld_streams set (vacuum_truncate = false);
insert into withheld_streams (stream, revision) values ('', 0);
delete from withheld_streams where stream = '';

alter table session add column successor bytea;

alter table refreshed add column answered_on bigint;

alter table session add column successor blob;

alter table refreshed add column answered_on integer;

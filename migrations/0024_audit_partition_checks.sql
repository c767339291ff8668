-- Second: that all rows lie below it. Reads both tables, while everybody goes on reading and writing them.
ALTER TABLE audit_entries VALIDATE CONSTRAINT first_partition;
ALTER TABLE audit_seals VALIDATE CONSTRAINT first_partition;

-- How far a job is, kept with it: counting its inputs anew at every step would slow down as it grows, and would forget
-- those that were deleted.
ALTER TABLE input_jobs
  ADD COLUMN accepted_count integer NOT NULL DEFAULT 0,
  ADD COLUMN done_count     integer NOT NULL DEFAULT 0,
  ADD COLUMN failed_count   integer NOT NULL DEFAULT 0;

UPDATE input_jobs j SET
  accepted_count = counted.accepted, done_count = counted.done, failed_count = counted.failed
FROM (
  SELECT job_key, count(*) AS accepted,
         count(*) FILTER (WHERE status_code = 30000) AS done,
         count(*) FILTER (WHERE status_code NOT IN (30000, 30001, 30003)) AS failed
  FROM inputs WHERE job_key IS NOT NULL GROUP BY job_key
) AS counted
WHERE counted.job_key = j.key;

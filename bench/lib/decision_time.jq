# JSON of ekya-bench-schedule to CSV: one row a case, the median of its repetitions.
def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def seconds_per: {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[.];
# four significant digits: more is noise
def brief: if . == 0 then 0 else pow(10; 3 - (log10 | floor)) as $scale | (. * $scale | round) / $scale end;

(["policy", "inference", "streams", "gpus", "configurations", "seconds", "cpu_seconds", "streams_per_second"] | @csv),
([.benchmarks[] | select(.run_type == "iteration")] | group_by(.family_index)[] |
 (map(.real_time * (.time_unit | seconds_per)) | median) as $seconds |
 (map(.cpu_time * (.time_unit | seconds_per)) | median) as $cpu |
 (.[0].name | split("/")) as $name |
 [$name[0], $name[2], .[0].streams, .[0].gpus, .[0].configurations, ($seconds, $cpu, .[0].streams / $seconds | brief)] | @csv)
| gsub("\""; "")

# Rows of the closing table from ekya.results/1, tab-separated: policy x stream, then how accuracy moved.
def pct: if . == null then "-" else (. * 1000 | round / 10 | tostring) | if test("\\.") then . else . + ".0" end end;
def sec: (. * 10 | round / 10 | tostring) + " s";

(["policy", "stream", "mean accuracy %", "retrainings", "device time", "lost frames", "window by window %"] | @tsv),
(.policies[] as $p
 | ($p.streams[]
    | [$p.policy, .stream, (if .failed != "" then "failed" else (.mean_accuracy | pct) end), (.retrainings | tostring),
       (.device_seconds | sec), ([.windows[].lost] | add // 0 | tostring),
       ([.windows[] | if .scored then (.accuracy * 100 | round | tostring) else "-" end] | join(" "))] | @tsv),
   ([$p.policy, "MEAN", ($p.mean_accuracy | pct), ($p.retrainings | tostring), ($p.device_seconds | sec), "", ""] | @tsv))

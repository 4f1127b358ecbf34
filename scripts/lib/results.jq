# Builds ekya.results/1 of one policy: jq -s -f results.jq over a stream of
#   {kind: "accuracy" | "training" | "plan" | "estimate" | "inference" | "retraining", stream, window, record}
# with --argjson streams [{id, failed}], --arg policy, --argjson window_seconds.

def mean: map(select(. != null)) | if length == 0 then null else add / length end;

def of($kind; $stream; $window):
  first(.[] | select(.kind == $kind and .stream == $stream and .window == $window) | .record) // null;

. as $all
| [$streams[] as $s
   | [$all[] | select(.kind == "accuracy" and .stream == $s.id) | .record] | sort_by(.window)
   | [.[] as $a
      | ($all | of("training"; $s.id; $a.window)) as $training
      | (first($all[] | select(.kind == "plan" and .window == $a.window) | .record.streams[] | select(.stream == $s.id)) // null) as $plan
      | ($a.accuracy != null and ($a.complete or $a.seconds >= $window_seconds / 2)) as $scored
      | {window: $a.window, scored: $scored, accuracy: $a.accuracy, objects: $a.objects, frames: $a.frames, seen: $a.seen,
         analysed: $a.analysed, lost: $a.lost, models: $a.models, plan: $plan, retraining: $training,
         shares: {inference: ($all | of("inference"; $s.id; $a.window)), retraining: ($all | of("retraining"; $s.id; $a.window))},
         device_seconds: ($a.device_seconds + (($all | of("card"; $s.id; $a.window) | .device_seconds) // 0)
                          + (($all | of("estimate"; $s.id; $a.window) | .profiling_seconds) // 0))}] as $windows
   | {stream: $s.id, failed: $s.failed,
      mean_accuracy: ([$windows[] | select(.scored) | .accuracy] | mean),
      retrainings: ([$windows[] | select(.retraining != null and .retraining.swapped)] | length),
      device_seconds: ([$windows[].device_seconds] | add // 0),
      windows: $windows}] as $results
| {policy: $policy,
   mean_accuracy: ([$results[].mean_accuracy] | mean),
   retrainings: ([$results[].retrainings] | add // 0),
   device_seconds: ([$results[].device_seconds] | add // 0),
   streams: $results}

{{ $task := dict }}
{{ range $container.env }}{{ if eq .name "MILLRACE_TASK" }}{{ $task = fromJson .value }}{{ end }}{{ end }}
{{ $words := concat (default list $container.command) (default list $container.args) }}
{{ $message := "" }}
{{ if and $task (has "resolve" $words) }}
{{ $sources := list }}
{{ range $task.sources }}{{ $of := sha256sum (toJson (coalesce .dvc .git .uri)) }}{{ $sources = append $sources (dict "name" .name "identity" (default (printf "sha256:%s" $of) .digest) "strength" "Strong" "size" 1 "commit" (ternary "" (trunc 40 $of) (empty (coalesce .dvc .git)))) }}{{ end }}
{{ $message = toJson (dict "v" 1 "told" (len $sources) "sources" $sources) }}
{{ else if and $task (has "verify" $words) }}
{{ $message = toJson (dict "v" 1 "digest" $task.digest "size" 1 "files" 1) }}
{{ else if and $task (has "publish" $words) }}
{{ $metrics := dict }}
{{ range $task.report }}{{ $metrics = set $metrics . "0.9" }}{{ end }}
{{ $message = toJson (dict "v" 1 "digest" (printf "sha256:%s" (sha256sum (toString $task.run))) "size" 1 "metrics" $metrics "result" (printf "sha256:%s" (sha256sum (toString $task.name)))) }}
{{ else if and $task (has "fetch" $words) $task.model }}
{{ $message = toJson (dict "v" 1 "digest" $task.model.digest "size" 1) }}
{{ else if and $task (has "fetch" $words) }}
{{ $sources := list }}
{{ range $task.sources }}{{ $sources = append $sources (dict "name" .name "sha256" .identity "size" 1) }}{{ end }}
{{ $message = toJson (dict "v" 1 "sources" $sources) }}
{{ else if has "millrace-step" (splitList "/" (toString (first (append $words "")))) }}
{{ $message = toJson (dict "v" 1 "exitCode" 0 "signal" 0 "outOfMemory" false "stderr" "") }}
{{ end }}

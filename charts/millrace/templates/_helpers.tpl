{{- define "millrace.labels" -}}
app.kubernetes.io/name: millrace
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: millrace
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{/* --metrics-source of one; where its files are mounted goes by its place in the list. */}}
{{- define "millrace.metricsSource" -}}
{{- $i := index . 0 }}{{ $source := index . 1 -}}
--metrics-source=name={{ $source.name }},url={{ $source.url }}
{{- with $source.tenancy }},tenancy={{ . }}{{ end }}
{{- with $source.tokenSecret }},token-file=/etc/millrace/metrics/{{ $i }}/token/{{ .key }}{{ end }}
{{- with $source.caConfigMap }},ca-file=/etc/millrace/metrics/{{ $i }}/ca/{{ .key }}{{ end }}
{{- end }}

{{- define "millrace.metricsMounts" -}}
{{- range $i, $source := .Values.metricsSources }}
{{- if $source.tokenSecret }}
- {name: metrics-{{ $i }}-token, mountPath: /etc/millrace/metrics/{{ $i }}/token, readOnly: true}
{{- end }}
{{- if $source.caConfigMap }}
- {name: metrics-{{ $i }}-ca, mountPath: /etc/millrace/metrics/{{ $i }}/ca, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "millrace.metricsVolumes" -}}
{{- range $i, $source := .Values.metricsSources }}
{{- with $source.tokenSecret }}
- {name: metrics-{{ $i }}-token, secret: {secretName: {{ .name | quote }}, items: [{key: {{ .key | quote }}, path: {{ .key | quote }}}]}}
{{- end }}
{{- with $source.caConfigMap }}
- {name: metrics-{{ $i }}-ca, configMap: {name: {{ .name | quote }}, items: [{key: {{ .key | quote }}, path: {{ .key | quote }}}]}}
{{- end }}
{{- end }}
{{- end }}

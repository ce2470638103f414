{{- define "metamcp.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "metamcp.fullname" -}}
{{- $default := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) }}
{{- .Values.fullnameOverride | default $default | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "metamcp.selectorLabels" -}}
app.kubernetes.io/name: {{ include "metamcp.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "metamcp.labels" -}}
{{ include "metamcp.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "metamcp.serviceAccountName" -}}
{{- .Values.serviceAccount.create | ternary (.Values.serviceAccount.name | default (include "metamcp.fullname" .)) (.Values.serviceAccount.name | default "default") }}
{{- end }}

{{/* The gateway refuses requests for other names (DNS rebinding). */}}
{{- define "metamcp.allowedHosts" -}}
{{- $name := include "metamcp.fullname" . }}
{{- $inside := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) }}
{{- concat $inside .Values.ingress.hosts .Values.allowedHosts | uniq | join "," }}
{{- end }}

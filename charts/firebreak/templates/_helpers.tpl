{{/* One installation per cluster: names are fixed, as the operator knows its policies and its Lease by name. */}}
{{- define "firebreak.selector" -}}
app.kubernetes.io/name: firebreak
app.kubernetes.io/component: controller
{{- end }}

{{- define "firebreak.labels" -}}
{{ include "firebreak.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "firebreak.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* A file as `firebreak-controller manifests` prints it: data, not a template. */}}
{{- define "firebreak.file" -}}
{{- $root := index . 0 -}}
{{- $root.Files.Get (index . 1) | replace "{{NAMESPACE}}" $root.Release.Namespace | replace "{{SERVICE_ACCOUNT}}" $root.Values.serviceAccount.name | replace "^()$" (include "firebreak.machines" $root) -}}
{{- end }}

{{/* The patterns of machine users as one regular expression, as `firebreak-controller manifests` writes it. */}}
{{- define "firebreak.machines" -}}
{{- $each := list -}}
{{- range .Values.operator.machineUsers }}{{ $each = append $each (regexQuoteMeta . | replace "\\*" ".*") }}{{ end -}}
^({{ join "|" $each }})$
{{- end }}

{{/* What every pod of the chart has: the least that the Pod Security Standard `restricted` allows. */}}
{{- define "firebreak.pod" -}}
serviceAccountName: {{ .Values.serviceAccount.name }}
automountServiceAccountToken: true
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
# No runAsUser: the image names one (65532), and OpenShift chooses its own.
securityContext:
  runAsNonRoot: true
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "firebreak.container" -}}
image: {{ include "firebreak.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources: {{- toYaml .Values.resources | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{- define "firebreak.identity" -}}
- {name: FIREBREAK_NAMESPACE, value: {{ .Release.Namespace | quote }}}
- {name: FIREBREAK_SERVICE_ACCOUNT, value: {{ .Values.serviceAccount.name | quote }}}
{{- end }}

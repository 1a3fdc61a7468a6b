{{/* One installation per cluster: names are fixed, as the operator knows its policies and its Lease by name. */}}
{{- define "firebreak.notifier" -}}
firebreak-notifier
{{- end }}

{{/* What tells the pods of a component from the others: controller, notifier or check-holds. */}}
{{- define "firebreak.selector" -}}
app.kubernetes.io/name: firebreak
app.kubernetes.io/component: {{ . }}
{{- end }}

{{- define "firebreak.labels" -}}
{{ include "firebreak.labelsOf" (list . "controller") }}
{{- end }}

{{- define "firebreak.labelsOf" -}}
{{ include "firebreak.selector" (index . 1) }}
{{- with index . 0 }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
{{- end }}

{{/* Labels and annotations of the pods of a component that runs for good. */}}
{{- define "firebreak.podMetadata" -}}
labels:
  {{- include "firebreak.selector" (index . 1) | nindent 2 }}
  {{- with (index . 0).Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with (index . 0).Values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
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

{{/* What every pod of the chart has, as this service account: the least that the Pod Security Standard `restricted` allows. */}}
{{- define "firebreak.pod" -}}
serviceAccountName: {{ index . 1 }}
automountServiceAccountToken: true
{{- with index . 0 }}
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
{{- end }}

{{/* Where the pods of a component that runs for good are: in different zones, and on different nodes, where that can be. */}}
{{- define "firebreak.spread" -}}
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- topologyKey: {{ . }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "firebreak.selector" (index $ 1) | nindent 6 }}
{{- end }}
{{- with (index . 0).Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
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

{{/* What a program that runs for good is told besides: who it is among its replicas, where it answers, and what it logs. */}}
{{- define "firebreak.running" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- {name: FIREBREAK_LISTEN, value: {{ printf "%s:8080" .Values.operator.bindAddress | quote }}}
- {name: FIREBREAK_LOG_FORMAT, value: {{ .Values.operator.logFormat | quote }}}
- {name: FIREBREAK_LOG, value: {{ .Values.operator.log | quote }}}
{{- end }}

{{- define "firebreak.probes" -}}
ports:
- {name: metrics, containerPort: 8080}
startupProbe:
  httpGet: {path: /livez, port: metrics}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /livez, port: metrics}
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  timeoutSeconds: 5
{{- end }}

{{/* The part of a NetworkPolicy that is the same for all pods: who may scrape, the names, and the API server. */}}
{{- define "firebreak.network" -}}
policyTypes: [Ingress, Egress]
{{- with .metricsFrom }}
ingress:
- from: {{- toYaml . | nindent 2 }}
  ports:
  - {port: metrics}
{{- end }}
egress:
# Names.
- to: {{- toYaml .dns.to | nindent 2 }}
  ports:
  {{- range .dns.ports }}
  - {port: {{ . | int }}, protocol: UDP}
  - {port: {{ . | int }}, protocol: TCP}
  {{- end }}
# The API server.
{{ include "firebreak.egress" .apiServer }}
{{- end }}

{{- define "firebreak.egress" -}}
- to: {{- toYaml .to | nindent 2 }}
  ports:
  {{- range .ports }}
  - {port: {{ . | int }}, protocol: TCP}
  {{- end }}
{{- end }}

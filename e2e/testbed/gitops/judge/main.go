// Judge says what each GitOps tool makes of an object, by the tools' own code: kstatus (kubectl, helm, plain Flux), Flux
// with healthCheckExprs, and Argo CD with a Lua health script. It reads one Case as JSON and writes one Verdict for each
// of its objects.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/fluxcd/pkg/apis/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Case is what is judged, and by which rules.
type Case struct {
	Objects []unstructured.Unstructured `json:"objects"`
	// The spec.healthCheckExprs of a Flux Kustomization.
	HealthCheckExprs []kustomize.CustomHealthCheck `json:"healthCheckExprs"`
	// Argo CD health scripts, by group/Kind.
	HealthScripts map[string]string `json:"healthScripts"`
}

// Opinion is one tool's.
type Opinion struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// Verdict is what the tools make of one object.
type Verdict struct {
	Kstatus Opinion `json:"kstatus"`
	Flux    Opinion `json:"flux"`
	ArgoCD  Opinion `json:"argocd"`
}

func main() {
	var given Case
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatalf("the case cannot be read: %v", err)
	}
	verdicts, err := judge(context.Background(), given)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}

func judge(ctx context.Context, given Case) ([]Verdict, error) {
	flux, err := newFlux(ctx, given.HealthCheckExprs)
	if err != nil {
		return nil, err
	}
	verdicts := make([]Verdict, 0, len(given.Objects))
	for i := range given.Objects {
		object := &given.Objects[i]
		verdicts = append(verdicts, Verdict{
			Kstatus: byKstatus(object),
			Flux:    flux.opinion(ctx, object),
			ArgoCD:  byArgoCD(ctx, given.HealthScripts, object),
		})
	}
	return verdicts, nil
}

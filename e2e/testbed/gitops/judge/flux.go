package main

import (
	"context"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// flux reads statuses as kustomize-controller does: by the expressions for a kind where there are some, else by kstatus.
type flux struct {
	readers []engine.StatusReader
}

func newFlux(ctx context.Context, checks []kustomize.CustomHealthCheck) (flux, error) {
	makers, err := cel.PollerWithCustomHealthChecks(ctx, checks)
	if err != nil {
		return flux{}, err
	}
	made := flux{}
	for _, make := range makers {
		made.readers = append(made.readers, make(nil)) // the mapper is for reading from a cluster
	}
	return made, nil
}

// An expression that cannot be evaluated is Unknown: the controller waits on, until its timeout.
func (f flux) opinion(ctx context.Context, object *unstructured.Unstructured) Opinion {
	for _, reader := range f.readers {
		if !reader.Supports(object.GroupVersionKind().GroupKind()) {
			continue
		}
		read, err := reader.ReadStatusForObject(ctx, nil, object)
		if err == nil {
			err = read.Error
		}
		if err != nil {
			return Opinion{Status: "Unknown", Message: err.Error()}
		}
		return Opinion{Status: read.Status.String(), Message: read.Message}
	}
	return byKstatus(object)
}

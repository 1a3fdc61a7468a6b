package main

import (
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// byKstatus is what a tool says that was told nothing about the kind.
func byKstatus(object *unstructured.Unstructured) Opinion {
	result, err := status.Compute(object)
	if err != nil {
		return Opinion{Status: status.UnknownStatus.String(), Message: err.Error()}
	}
	return Opinion{Status: result.Status.String(), Message: result.Message}
}

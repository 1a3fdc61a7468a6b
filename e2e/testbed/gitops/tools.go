//go:build tools

// Package gitops names the programs that gitops_build.py builds, so that go.mod and go.sum pin them.
package gitops

import (
	_ "github.com/fluxcd/kustomize-controller"
)

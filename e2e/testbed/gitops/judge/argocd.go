package main

import (
	"context"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What Argo CD opens for a health script, in this order: no string library, no input or output. Its harmless part of
// the os library is left out, since a verdict must not hang on the time.
var libraries = []struct {
	name string
	open lua.LGFunction
}{
	{lua.LoadLibName, lua.OpenPackage},
	{lua.BaseLibName, lua.OpenBase},
	{lua.TabLibName, lua.OpenTable},
}

// What a script may answer; Argo CD takes anything else for Unknown.
var statuses = map[string]bool{
	"Healthy": true, "Progressing": true, "Degraded": true, "Suspended": true, "Missing": true, "Unknown": true,
}

// byArgoCD asks the kind's script. An object that is being deleted is Progressing before any script is asked, and a
// kind without a script has no health, which counts as Healthy.
func byArgoCD(ctx context.Context, scripts map[string]string, object *unstructured.Unstructured) Opinion {
	if object.GetDeletionTimestamp() != nil {
		return Opinion{Status: "Progressing", Message: "Pending deletion"}
	}
	kind := object.GroupVersionKind()
	script, there := scripts[kind.Group+"/"+kind.Kind]
	if !there {
		return Opinion{Status: "Healthy"}
	}
	opinion, err := run(ctx, script, object.Object)
	if err != nil {
		return Opinion{Status: "Unknown", Message: err.Error()}
	}
	return opinion
}

// run executes a script with the global obj, for a second at most, as Argo CD does.
func run(ctx context.Context, script string, object map[string]any) (Opinion, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return Opinion{}, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", value(state, object))
	if err := state.DoString(script); err != nil {
		return Opinion{}, err
	}
	answer, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return Opinion{}, fmt.Errorf("expect table output from Lua script, not %s", state.Get(-1).Type())
	}
	said := func(field string) string { return lua.LVAsString(answer.RawGetString(field)) }
	if !statuses[said("status")] {
		return Opinion{Status: "Unknown", Message: "Lua returned an invalid health status"}, nil
	}
	return Opinion{Status: said("status"), Message: said("message")}, nil
}

// value gives a script what JSON says; null is nil, so a field that is null is not there.
func value(state *lua.LState, given any) lua.LValue {
	switch given := given.(type) {
	case bool:
		return lua.LBool(given)
	case string:
		return lua.LString(given)
	case int64:
		return lua.LNumber(given)
	case float64:
		return lua.LNumber(given)
	case []any:
		list := state.CreateTable(len(given), 0)
		for _, item := range given {
			list.Append(value(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(given))
		for key, item := range given {
			table.RawSetString(key, value(state, item))
		}
		return table
	}
	return lua.LNil
}

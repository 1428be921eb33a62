package server

import (
	"or3.cloud/or3/policies"
)

// access is what a route asks of whoever calls it. There is no zero access:
// every constructor of a row takes one, so a route that declares nothing does
// not compile, and table panics on one that was made by hand.
type access struct {
	kind       accessKind
	reason     string              // why it is public
	permission policies.Permission // guarded only
	of         target              // guarded only
}

type accessKind string

const (
	accessPublic   accessKind = "public"
	accessSignedIn accessKind = "signed in"
	accessGuarded  accessKind = "guarded"
)

// public lets anybody in. The reason is for the reader of the table, and for
// the matrix test, which prints it.
func public(reason string) access { return access{kind: accessPublic, reason: reason} }

// signedIn lets in every person with a session. It is for things that belong
// to the person alone: their profile, devices, tokens, list of workspaces.
func signedIn() access { return access{kind: accessSignedIn} }

// guarded asks can(session, permission, resource); of finds the resource.
func guarded(p policies.Permission, of target) access {
	return access{kind: accessGuarded, permission: p, of: of}
}

// target finds the resource a request is about.
type target struct {
	name string
	// afterBody is set when the resource is named in the body, which then has
	// to be read before can() is asked.
	afterBody bool
	// names are the resources that would each be enough, in order; the refusal
	// that is shown is the first one's.
	names func(r *request, body any) []policies.Resource
	// exists is set where a stranger may know that the thing exists: not being
	// a member is then forbidden instead of not found.
	exists bool
}

// inPath takes the workspace from a path parameter.
func inPath(param string) target {
	return target{name: "workspace in path :" + param, names: func(r *request, _ any) []policies.Resource {
		return []policies.Resource{policies.Workspace(r.Param(param))}
	}}
}

// inQuery takes the workspace from the query; without one it is the active workspace.
func inQuery(key string) target {
	return target{name: "workspace in query ?" + key, names: func(r *request, _ any) []policies.Resource {
		if id := r.Query(key); id != "" {
			return []policies.Resource{policies.Workspace(id)}
		}
		return []policies.Resource{{}}
	}}
}

// inBody takes the workspace from the typed body.
func inBody[In any](id func(In) string) target {
	return target{name: "workspace in body", afterBody: true, names: func(_ *request, body any) []policies.Resource {
		in, ok := body.(In)
		if !ok {
			return nil
		}
		return []policies.Resource{policies.Workspace(id(in))}
	}}
}

// active is the session's active workspace.
func active() target {
	return target{name: "active workspace", exists: true, names: func(*request, any) []policies.Resource {
		return []policies.Resource{{}}
	}}
}

// deployment is the server itself: home's roles, or the deployment admin flag.
func deployment() target {
	return target{name: "deployment", exists: true, names: func(*request, any) []policies.Resource {
		return []policies.Resource{policies.TheDeployment()}
	}}
}

// home is the home workspace by membership alone: the deployment admin flag
// does not count. Naming deployment admins is the one thing that needs it.
func home() target {
	return target{name: "home workspace", exists: true, names: func(r *request, _ any) []policies.Resource {
		return []policies.Resource{policies.Workspace(r.homeWorkspace())}
	}}
}

// orDeployment also lets in whoever may do it to the whole deployment. Who may
// not sees what the first target would have answered.
func (t target) orDeployment() target {
	first := t.names
	t.name += " or deployment"
	t.names = func(r *request, body any) []policies.Resource {
		return append(first(r, body), policies.TheDeployment())
	}
	return t
}

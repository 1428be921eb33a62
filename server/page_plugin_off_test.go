package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins"
)

// Pages of a plugin that does not run say who ended it and who can let it run
// again, to those who could see them if it ran, and nothing to others.
func TestAPluginThatDoesNotRunSaysWhoEndedIt(t *testing.T) {
	app := withYard(t, testkit.Options{})
	ctx, there, one := context.Background(), "/w/"+app.Harbour+"/x/yard.plan", "/admin/plugins/yard.plan"
	owner, viewer := app.Browser(app.Owner), app.Browser(app.Viewer)
	others := func(what string) {
		t.Helper()
		for _, path := range []string{"/w/" + app.Annex + "/x/yard.plan/hulls", "/w/" + app.Harbour + "/x/nothing"} {
			if strings.Contains(app.As(app.Owner).Get(path).Is(404).Body, "Slipway planner") {
				t.Errorf("%s: %s tells of a plugin that is not known there", what, path)
			}
		}
		app.As(app.Viewer).Get(there + "/own").Is(403)
		app.As(app.Stranger).Get(there + "/hulls").Is(404)
	}

	must(t, app.Plugins.Disable(ctx, app.Owner.Session, "yard.plan", app.Harbour))
	owner.Open(there+"/hulls", 404).Says("Slipway planner is switched off in Harbour.").Says(app.Owner.Name + " switched it off at ")
	if owner.Shows("Request") {
		t.Error("what somebody switched off is shown as a failure")
	}
	viewer.Open(there+"/hulls", 404).Says("Owners of Harbour can switch it on.").Says(app.Owner.Name)
	if viewer.Offers(one + "/workspaces/" + app.Harbour + "/enable") {
		t.Error("a viewer is offered to switch it on")
	}
	others("switched off")
	owner.Submit(one+"/workspaces/"+app.Harbour+"/enable", nil, 200).At(there + "/hulls").Says("Hull 14")

	must(t, app.Plugins.Stop(ctx, app.Owner.Session, "yard.plan"))
	owner.Open(there+"/hulls", 503).Says("Slipway planner is stopped on this whole server.").Says(app.Owner.Name + " stopped it at ")
	viewer.Open(there+"/hulls", 503).Says("The people who run this server can start it again.")
	if viewer.Offers(one + "/start") {
		t.Error("a viewer is offered to start it")
	}
	app.As(app.Owner).Get("/admin/x/yard.plan").Is(503).Says("stopped on this whole server")
	app.As(app.Owner).With("HX-Request", "true").Get(there + "/-/widgets/slips").Is(200).Says("stopped on this whole server")
	others("stopped")
	owner.Submit(one+"/start", nil, 200).At(there + "/hulls").Says("Hull 14")

	must(t, app.Plugins.Uninstall(ctx, app.Owner.Session, "yard.plan"))
	owner.Open(there+"/hulls", 404).Says("Slipway planner was uninstalled.")
	if !owner.Offers(one + "/reinstate") {
		t.Error("who runs the server is not offered to bring it back")
	}
	others("uninstalled")
}

// What was quarantined says so, and its owner can let it run again from there.
func TestAQuarantinedPluginSaysWhoCanLetItRunAgain(t *testing.T) {
	app := withYard(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/yard.plan"
	done := make(chan struct{}, 1)
	plugins.HookQuarantined.On(app.Bus, hook.Options{Name: "test"}, func(context.Context, plugins.PlacedEvent) { done <- struct{}{} })
	for pause := range 3 {
		for range 3 {
			app.As(app.Owner).Get(there + "/trap").Is(500)
		}
		if app.Clock.Advance(3 * time.Minute); pause < 2 {
			app.As(app.Owner).Get(there + "/hulls").Is(200) // it is better for a while
		}
	}
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it is not quarantined")
	}
	app.Browser(app.Editor).Open(there+"/hulls", 500).Says("Slipway planner has failed too often and is stopped until an owner lets it run again.").Says("The server stopped it at ").Says("Owners of Harbour can let it run again.")
	owner := app.Browser(app.Owner).Open(there+"/hulls", 500).Says("See what failed")
	owner.Submit("/admin/plugins/yard.plan/workspaces/"+app.Harbour+"/release", nil, 200).At(there + "/hulls").Says("Hull 14")
}

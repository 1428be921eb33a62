//go:build wasip1

package sdk

import (
	"github.com/extism/go-pdk"

	"or3.cloud/or3/plugins/host"
)

// run carries out one call. Its status is not 0 where the plugin failed.
func run(export string) int32 {
	answer, err := Serve(export, pdk.Input())
	if err != nil {
		pdk.SetError(err)
		return 1
	}
	pdk.Output(answer)
	return 0
}

//go:wasmexport or3_page
func exportPage() int32 { return run(host.ExportPage) }

//go:wasmexport or3_widget
func exportWidget() int32 { return run(host.ExportWidget) }

//go:wasmexport or3_action
func exportAction() int32 { return run(host.ExportAction) }

//go:wasmexport or3_event
func exportEvent() int32 { return run(host.ExportEvent) }

//go:wasmexport or3_job
func exportJob() int32 { return run(host.ExportJob) }

//go:wasmexport or3_filter
func exportFilter() int32 { return run(host.ExportFilter) }

//go:wasmexport or3_migrate
func exportMigrate() int32 { return run(host.ExportMigrate) }

//go:wasmexport or3_health
func exportHealth() int32 { return run(host.ExportHealth) }

//go:build wasip1

// Command guest is a plugin in Go that the tests of plugins/runtime build and
// run: what an author writes, and what goes wrong for authors.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/extism/go-pdk"
)

func main() {}

type envelope struct {
	Workspace struct{ ID, Name string }
	Input     struct {
		Path string
		Rows []row
	}
}

type row struct {
	ID, Title string
	Size      int
}

//go:wasmimport extism:host/user or3_now
func hostNow(at uint64) uint64

// or3_page reads an envelope and draws a table.
//
//go:wasmexport or3_page
func page() int32 {
	var in envelope
	if err := json.Unmarshal(pdk.Input(), &in); err != nil {
		pdk.SetError(err)
		return 1
	}
	var rows []map[string]any
	for _, r := range in.Input.Rows {
		rows = append(rows, map[string]any{"id": r.ID, "cells": []string{strings.ToUpper(r.Title), fmt.Sprint(r.Size)}})
	}
	if err := pdk.OutputJSON(map[string]any{"title": in.Workspace.Name, "blocks": []any{map[string]any{"type": "table", "rows": rows}}}); err != nil {
		pdk.SetError(err)
		return 1
	}
	return 0
}

// or3_widget hands its input back.
//
//go:wasmexport or3_widget
func widget() int32 {
	pdk.Output(pdk.Input())
	return 0
}

// or3_action panics as code does: on a map that was never made.
//
//go:wasmexport or3_action
func action() int32 {
	var m map[string]int
	m[string(pdk.Input())]++
	return 0
}

// or3_event never ends, or sleeps for an hour.
//
//go:wasmexport or3_event
func event() int32 {
	if pdk.InputString() == "sleep" {
		time.Sleep(time.Hour)
		return 0
	}
	for n := 0; ; n++ {
		if n < 0 {
			return 1
		}
	}
}

// or3_job eats memory until there is none.
//
//go:wasmexport or3_job
func job() int32 {
	var all [][]byte
	for len(all) < 4096 {
		all = append(all, make([]byte, 1<<20))
	}
	return int32(len(all))
}

// or3_health tells what a guest can find out about its surroundings.
//
//go:wasmexport or3_health
func health() int32 {
	random := make([]byte, 8)
	_, _ = rand.Read(random)
	_, noFile := os.ReadFile("/etc/passwd")
	_, noDir := os.ReadDir("/")
	started := time.Now()
	question := pdk.AllocateString("hour")
	answer := pdk.FindMemory(hostNow(question.Offset()))
	fmt.Println("to the log")
	fmt.Fprintln(os.Stderr, "and this")
	if err := pdk.OutputJSON(map[string]any{
		"random": hex.EncodeToString(random), "year": started.Year(), "file": noFile == nil, "dir": noDir == nil,
		"environment": os.Environ(), "arguments": os.Args, "host": string(answer.ReadBytes()),
	}); err != nil {
		return 1
	}
	return 0
}

// Command preview serves the component page and every page fixture without a
// database, with the headers the server sends, so that one can look at them.
//
//	go run ./ui/preview            # http://127.0.0.1:8099
//
// Templates and assets are read from the working copy at every request. Run
// go generate ./ui after a change of styles or scripts.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	address := flag.String("addr", "127.0.0.1:8099", "where to listen")
	folder := flag.String("ui", "ui", "the ui folder of the working copy")
	flag.Parse()
	// Everything is read again for every request: an edit shows at the next reload.
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, err := newHandler(*folder)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h.ServeHTTP(w, r)
	})
	fmt.Println("listening on http://" + *address)
	server := &http.Server{Addr: *address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, "preview:", err)
		os.Exit(1)
	}
}

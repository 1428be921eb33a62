// Command peers is PocketBase as its own documentation builds it, so that the
// load program can measure a peer on the same machine in the same run. It is a
// module of its own: nothing of it reaches the product.
package main

import (
	"log"

	"github.com/pocketbase/pocketbase"
)

func main() {
	if err := pocketbase.New().Start(); err != nil {
		log.Fatal(err)
	}
}

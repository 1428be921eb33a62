package file

import (
	"time"

	"or3.cloud/or3/storage"
)

// OnRemoving calls fn before a collection removes a file.
func (k *Keeper) OnRemoving(fn func(storage.Key)) { k.removing = fn }

// OnLooking tells fn how many files a collection has in memory.
func (k *Keeper) OnLooking(fn func(files int)) { k.looking = fn }

// InSlicesOf lets collections hold so many files at once.
func (k *Keeper) InSlicesOf(n int) { k.slice = n }

// Beating lets runs show that they are alive so often.
func (k *Keeper) Beating(every time.Duration) { k.beat = every }

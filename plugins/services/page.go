package services

// limitOf is the limit of a list: 100 unless the guest says how many.
func limitOf(asked int) (int, error) {
	switch {
	case asked == 0:
		return 100, nil
	case asked < 0 || asked > 200:
		return 0, refuse(BadRequest, "limit is 1 to 200.")
	}
	return asked, nil
}

const atOnce = 20 // things that are read from the database at a time

// pageOf reads things in the order of their keys until the page has as many, or
// as many bytes, as it may. next is the last one's key when others come after it.
func pageOf[T any](limit int, after string, read func(after string, n int) ([]T, error), keyAndSize func(T) (string, int), add func(T)) (next string, err error) {
	taken, bytes := 0, 0
	for {
		n := min(atOnce, limit-taken+1)
		list, err := read(after, n)
		if err != nil {
			return "", err
		}
		for _, thing := range list {
			key, size := keyAndSize(thing)
			if taken == limit || taken > 0 && bytes+size > maxPage {
				return after, nil
			}
			add(thing)
			after = key
			taken++
			bytes += size
		}
		if len(list) < n {
			return "", nil
		}
	}
}

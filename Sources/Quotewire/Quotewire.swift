// Quotewire

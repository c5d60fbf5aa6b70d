#![no_std]
#![doc = ""]

"""The one door to outside services: paced, guarded, tried again, and left alone while they are down."""

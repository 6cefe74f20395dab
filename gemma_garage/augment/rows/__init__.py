"""Rows that exist already, from tables, JSON or the Hub: trained on as they are, or written from"""
